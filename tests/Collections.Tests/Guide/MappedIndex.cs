using System.IO.MemoryMappedFiles;

namespace SwmrKit.Tests.Guide;

/// <summary>A file of sorted 64-bit keys, mapped into memory: the guide's example of something that must be disposed.</summary>
public sealed unsafe class MappedIndex : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly long* _keys;
    private readonly int _count;

    public MappedIndex(string path)
    {
        _count = (int)(new FileInfo(path).Length / sizeof(long));
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, mapName: null, capacity: 0, MemoryMappedFileAccess.Read);
        _view = _file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        _keys = (long*)(start + _view.PointerOffset);
    }

    public bool Contains(long key) => new ReadOnlySpan<long>(_keys, _count).BinarySearch(key) >= 0;

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose(); // Unmapped: a reader that still came would end the process.
        _file.Dispose();
    }
}
